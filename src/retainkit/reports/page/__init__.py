"""How is a report shown? One shape for all of them, and every form that it takes.

In reading order:

- `parts`   what a report is made of: verdict, answers, sections, figures, tables.
- `trying`  what a report assumes, and what can be tried in its place.
- `what_if` curves in place of models, and what they come to under other assumptions.
- `wording` numbers as people read them.
- `terms`   the words of reports, each defined once.
- `charts`  small charts as SVG.
- `html`    one HTML file; `report.html.jinja`, `page.css` and `what_if.js` beside it.
- `text`    lines of text.
- `shown`   what every report can do: be shown in each of these forms.
- `files`   files written whole or not at all; PDF by a browser's print.
"""
