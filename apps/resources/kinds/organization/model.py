from apps.resources.base import Resource


class Organization(Resource):
    """Who owns resources. Its slug is what other kinds carry as `org`; its own `org` is empty."""
