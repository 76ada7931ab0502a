"""An independent reader of VmProxy repositories, written from docs/FORMAT.md alone."""
