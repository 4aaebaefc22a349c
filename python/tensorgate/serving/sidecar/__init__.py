"""The gate as a service of its own: Envoy's external processor, with a status page and metrics."""
