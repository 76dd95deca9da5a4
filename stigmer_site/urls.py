"""Every address of the web server: sign in, and the admin for everything else."""

from django.conf import settings
from django.contrib import admin
from django.urls import path
from django.utils.module_loading import import_string

from apps.resources.admin import register

register(admin.site)

urlpatterns = [
    path("sign-in/", import_string(settings.SIGN_IN_VIEW), name="sign_in"),
    path("", admin.site.urls),
]

handler400 = "stigmer_site.error_pages.bad_request"
handler403 = "stigmer_site.error_pages.forbidden"
handler404 = "stigmer_site.error_pages.not_found"
handler500 = "stigmer_site.error_pages.failed"
