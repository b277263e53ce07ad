"""Calls over HTTP without a browser: the steps ``request``, ``save``, ``set_cookie``, ``use``, ``call`` and ``log``."""
