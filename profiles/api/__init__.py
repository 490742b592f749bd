"""The API for programs. The routes, the OpenAPI document and the page for people are all made from the groups of
operations that `profiles.programs` collects, so none can say what another does not do."""
