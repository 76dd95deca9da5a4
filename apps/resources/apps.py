from django.apps import AppConfig


class ResourcesConfig(AppConfig):
    name = "apps.resources"
    label = "resources"
    verbose_name = "Resources"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Pages say the plurals of the cards: Django's own rule makes "policys"."""
        from apps.resources.registry import KINDS

        for kind in KINDS:
            kind.model._meta.verbose_name_plural = kind.plural
