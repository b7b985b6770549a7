// Exists so that the precompiled header is built once; every target reuses it.
