"""The project's words as frozen values, and the one loader for everything that people edit."""
