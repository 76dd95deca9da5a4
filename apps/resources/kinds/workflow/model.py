from apps.resources.base import Resource


class Workflow(Resource):
    """A template for a workflow: a document and its tasks."""
