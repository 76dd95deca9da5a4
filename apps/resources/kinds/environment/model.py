from apps.resources.base import Resource


class Environment(Resource):
    """Named values, secret or not, that instances of agents and workflows run with."""
