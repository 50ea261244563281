"""Written for version 0 of the plugin API, which asked for less."""

from recorder_core import Provider, ProviderConfig


class VintageProvider(Provider):
    """Lacks what version 1 asks for."""

    name = "vintage"
    plugin_api = 0
    Config = ProviderConfig
