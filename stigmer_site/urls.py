"""Every address of the web server: sign in, and the admin for everything else."""

from django.contrib import admin
from django.urls import path

from apps.resources.admin import register
from stigmer_site.sign_in import sign_in

register(admin.site)

urlpatterns = [
    path("sign-in/", sign_in, name="sign_in"),
    path("", admin.site.urls),
]

handler400 = "stigmer_site.error_pages.bad_request"
handler403 = "stigmer_site.error_pages.forbidden"
handler404 = "stigmer_site.error_pages.not_found"
handler500 = "stigmer_site.error_pages.failed"
