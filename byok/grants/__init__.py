"""What a key admin applies in the customer's own AWS account, written five ways from one source."""
