"""Clover on one origin: OAuth, Ecommerce, token service, platform v3 and the hosted fields."""
