"""The API for programs, `/api/v1/`. `operations.py` is its one table: the routes, the OpenAPI document and the page for
people are all made from it, so none can say what another does not do."""
