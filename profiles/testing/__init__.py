"""The test kit: what tests of a project with `profiles` need. pytest loads `plugin`; nothing at run time does."""
