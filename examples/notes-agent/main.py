"""An agent with tools on files: it finds and keeps notes in the folder `notes`, by an MCP server beside it."""

from stigmer import Agent, McpServer

notes = McpServer.stdio(
    "notes",
    command="python3",
    args=["notes_server.py"],
    enabled_tools=["search_notes", "add_to_note"],
)

Agent(
    "notes-agent",
    description="Keeps the notes of a house.",
    instructions="""
        You keep the notes of a house. Look into them before you answer, and say in which note it stands.
        Write down what you are told to remember. Be brief.
        """,
    mcp_servers=[notes],
    model="scripted:answers.yaml",  # that file answers; without this line, a model is asked
)
