"""How does an agent ask? The questions of `retainkit.api` as tools of the Model Context Protocol, over stdio.

Tools only read: models and tables come from one folder that the user names. In reading order:

- `tools`  the questions as tools, a report on a table of the folder, and what may be named.
- `server` the server that offers them.
"""

from retainkit.agents.server import agent_server, serve_agents
from retainkit.agents.tools import FolderFiles, ReportAnswer, ReportOnFile

__all__ = ["FolderFiles", "ReportAnswer", "ReportOnFile", "agent_server", "serve_agents"]
