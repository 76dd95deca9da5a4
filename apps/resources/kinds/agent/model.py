from apps.resources.base import Resource


class Agent(Resource):
    """A template for an AI agent: instructions, tools and the environment it needs."""
