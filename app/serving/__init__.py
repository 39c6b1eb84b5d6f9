"""The HTTP server: uvicorn with limits on connections and with stops that fail no request."""
