"""What a product gets about one person, as the school sees it: by the release of a refresh, published nowhere."""
