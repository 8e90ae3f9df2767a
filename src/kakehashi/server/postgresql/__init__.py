"""Django's PostgreSQL backend with patience that ends: see `base`. Named by DATABASES["default"]["ENGINE"]."""
