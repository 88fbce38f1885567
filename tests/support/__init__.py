"""What tests share: helpers, oracles, clients and servers."""
