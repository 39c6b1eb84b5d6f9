"""SQL of exports: of what was asked for, and of what the files hold."""
