"""The federation list that synapse-invite-checker requests, and the certificates that sign it.

The module allows invitations only between servers on a signed list. This list has one server. The certificates are
created for each run, and a server on loopback serves all of it. This does not test the cryptography of the module:
the list is needed so that the module applies its other rules.
"""

import base64
import datetime
import http.server
import json
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from jwcrypto import jwk, jws

ALGORITHM = "BP256R1"


class FederationList:
    """Serves the list on a free port of loopback until `close`."""

    def __init__(self, server_name):
        files = list_files(server_name)
        self._http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler_of(files))
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        self.base_url = f"http://127.0.0.1:{self._http.server_address[1]}"

    def close(self):
        self._http.shutdown()
        self._http.server_close()


def list_files(server_name):
    """The files that the module fetches: contents by path."""
    root, issuer, leaf = Signer("chatwarden-root"), Signer("chatwarden-sub"), Signer("chatwarden-leaf")
    root_certificate = root.certified_by(root, authority=True)
    issuer_certificate = issuer.certified_by(root, authority=True)
    leaf_certificate = leaf.certified_by(issuer, authority=False)
    roots = [{"name": root.name, "CN": root.name, "cert": base64.b64encode(root_certificate).decode()}]
    return {
        "/list.jws": leaf.signed(domain_list(server_name), leaf_certificate),
        "/ECC/ROOT-CA/roots.json": json.dumps(roots).encode(),
        f"/ECC/SUB-CA/{issuer.name}.der": issuer_certificate,
    }


def domain_list(server_name):
    domain = {"domain": server_name, "telematikID": "1-1", "timAnbieter": "chatwarden", "isInsurance": False}
    return json.dumps({"version": 1, "domainList": [domain]})


class Signer:
    """A name with a key on the curve that the module requires."""

    def __init__(self, name):
        self.name = name
        self._key = ec.generate_private_key(ec.BrainpoolP256R1())

    def certified_by(self, other, authority):
        """The certificate of this name, signed by the other, as DER."""
        now = datetime.datetime.now(datetime.timezone.utc)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(common_name(self.name))
            .issuer_name(common_name(other.name))
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .sign(other._key, hashes.SHA256())
        )
        return certificate.public_bytes(serialization.Encoding.DER)

    def signed(self, payload, certificate):
        """The payload as a compact JSON web signature with the certificate."""
        header = {"alg": ALGORITHM, "x5c": [base64.b64encode(certificate).decode()]}
        pem = self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        token = jws.JWS(payload)
        token.allowed_algs = [ALGORITHM]
        token.add_signature(jwk.JWK.from_pem(pem), protected=json.dumps(header))
        return token.serialize(compact=True).encode()


def common_name(name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def handler_of(files):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            contents = files.get(self.path)
            self.send_response(404 if contents is None else 200)
            self.send_header("Content-Length", str(len(contents or b"")))
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(contents or b"")

        def log_message(self, *_):
            """Standard error is the driver's log, and each request would be a line of it."""

    return Handler
