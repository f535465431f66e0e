"""What holds for every test: a busy machine is no failure."""

from hypothesis import settings

settings.register_profile("citeback", deadline=None)
settings.load_profile("citeback")
