"""Certificates by which the services know one another, as an installation would have them."""

import subprocess


def make_certificates(folder):
    """An authority of its own, and one certificate for 127.0.0.1 that all services share; answers
    the variables that name the files."""
    folder.mkdir()
    authority, key = folder / "authority.pem", folder / "service.key"
    authority_key, certificate = folder / "authority.key", folder / "service.pem"
    _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
             "-subj", "/CN=test authority", "-days", "2", "-keyout", authority_key,
             "-out", authority)
    _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
             "-subj", "/CN=test service", "-days", "2", "-CA", authority, "-CAkey", authority_key,
             "-addext", "subjectAltName=IP:127.0.0.1",
             "-addext", "basicConstraints=critical,CA:FALSE", "-keyout", key, "-out", certificate)
    return {"ACCOIL_TLS_CERTIFICATE_FILE": str(certificate), "ACCOIL_TLS_KEY_FILE": str(key),
            "ACCOIL_TLS_CA_FILE": str(authority)}


def _openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=30)
