"""An app that brings its own action and effect, as any host could; here to break workers at a chosen moment."""
