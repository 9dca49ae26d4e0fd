"""Who wants to hear of the product: the form on the public page, shown only where INTEREST_SIGNUP is set."""
