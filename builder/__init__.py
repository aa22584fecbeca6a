"""The editor's server side: the page, the catalogue of the palette and the live sockets."""
