"""What the sidecar shows of itself: traffic counted, a page, metrics, and the server that answers them."""
