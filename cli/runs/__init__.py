"""Starting, watching and showing runs of agents and workflows."""
