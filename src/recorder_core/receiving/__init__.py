"""Web applications that receive callbacks: WSGI and ASGI, mounted anywhere, without a web framework."""

from recorder_core.receiving.asgi import AsyncWebhookApp
from recorder_core.receiving.wsgi import WebhookApp

__all__ = ["AsyncWebhookApp", "WebhookApp"]
