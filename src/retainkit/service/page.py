"""The page for trying it: a question from a list, its fields as JSON, the answer. It loads nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape
from typing import Any

EXAMPLES: dict[str, dict[str, Any]] = {
    "break-even": {"acquisition_cost": 500, "monthly_margin": 50, "monthly_churn": 0.05},
    "lifetime-value": {
        "monthly_margin": 50,
        "monthly_churn": 0.05,
        "monthly_discount_rate": 0.01,
        "timing": "begin",
    },
    "unit-economics": {"acquisition_cost": 500, "monthly_margin": 50, "monthly_churn": 0.05},
    "campaign": {
        "churn_probability": [0.1, 0.1, 0.3],
        "value": [200, 2000, 200],
        "acceptance": 0.3,
        "incentive": 10,
        "cost_per_contact": 1,
    },
}
"""Questions that need no model, as they are asked."""

_SCRIPT = """
const examples = JSON.parse(document.getElementById("examples").textContent);
const verb = document.getElementById("verb"), body = document.getElementById("body");
const answer = document.getElementById("answer"), key = document.getElementById("key");
const show = () => {
  body.value = JSON.stringify(examples[verb.value] || {}, null, 2);
  answer.textContent = "";
};
verb.addEventListener("change", show);
document.getElementById("ask").addEventListener("click", async () => {
  answer.textContent = "…";
  const headers = {"content-type": "application/json"};
  if (key.value) headers["x-api-key"] = key.value;
  try {
    const said = await fetch("v1/" + verb.value, {method: "POST", headers, body: body.value});
    answer.textContent = said.status + "\\n" + JSON.stringify(await said.json(), null, 2);
  } catch (error) { answer.textContent = String(error); }
});
show();
"""

_STYLE = """
:root { color-scheme: light dark; --ink: #18212b; --paper: #fff; --rule: #8a94a0; --accent: #b3440c; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ecf1; --paper: #12161b; --accent: #ff9d66; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 44rem; margin: 0 auto; padding: 16px; }
h1 { font-size: 20px; } h2 { font-size: 16px; }
label { display: block; margin: 16px 0 4px; font-weight: 600; }
select, textarea, input { font: 14px/1.5 ui-monospace, monospace; width: 100%; box-sizing: border-box;
  padding: 8px; border: 1px solid var(--rule); background: var(--paper); color: var(--ink); }
textarea { min-height: 14em; }
button { font: inherit; margin: 16px 0; padding: 8px 24px; border: 0; color: var(--paper);
  background: var(--accent); }
pre { font: 14px/1.5 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
"""


def _hash(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def policy() -> str:
    """What the page may load: its own script and style, and answers of this service."""
    own = f"script-src {_hash(_SCRIPT)}; style-src {_hash(_STYLE)}"
    others = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    return f"default-src 'none'; {own}; connect-src 'self'; {others}"


def page(verbs: list[str]) -> str:
    """The page as HTML."""
    options = "".join(f"<option>{escape(verb)}</option>" for verb in verbs)
    examples = json.dumps(EXAMPLES).replace("<", "\\u003c")
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>retainkit service</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>
<body><main><h1>Try the service</h1>
<p>Choose a question, change its figures, ask.
Every field is described in <a href="openapi.json">openapi.json</a>.</p>
<label for="verb">Question</label><select id="verb">{options}</select>
<label for="body">Its fields, as JSON</label><textarea id="body" spellcheck="false"></textarea>
<label for="key">API key, if the service has keys</label>
<input id="key" type="password" autocomplete="off">
<button id="ask" type="button">Ask</button>
<h2>Answer</h2><pre id="answer" tabindex="0" aria-live="polite"></pre></main>
<script type="application/json" id="examples">{examples}</script><script>{_SCRIPT}</script></body></html>
"""
