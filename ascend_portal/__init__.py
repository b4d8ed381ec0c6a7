"""The portal: settings from the environment, urls, background work, and the one place where the wings meet."""
