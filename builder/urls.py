from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import path

from builder.views import SignInView, page

urlpatterns = [
    path("", page, name="home"),
    path("workflows/<int:pk>/", page, name="workflow-page"),
    path("runs/<int:pk>/", page, name="run-page"),
    path("accounts/login/", SignInView.as_view(), name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
]
