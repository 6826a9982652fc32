"""From what an endpoint answered to a recording that may be published: cleaned, compared, kept."""
