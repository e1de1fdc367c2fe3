"""Makes calls with azure-planetarycomputer: ENDPOINT CA-FILE. Standard input is a JSON array
of objects with an expression and a token. Prints a JSON array with the class of the
exception that each expression raises, or an empty text.
"""

import json
import sys
import time

from azure.core.credentials import AccessToken
from azure.planetarycomputer import PlanetaryComputerProClient


class Credential:
    def __init__(self, token):
        self.token = token

    def get_token(self, *_, **__):
        return AccessToken(self.token, int(time.time()) + 3600)


def call(expression, token):
    endpoint, ca = sys.argv[1:]
    with PlanetaryComputerProClient(endpoint, Credential(token), connection_verify=ca) as client:
        try:
            eval(expression, {"client": client})
        except Exception as error:
            return type(error).__name__
    return ""


json.dump([call(each["expression"], each["token"]) for each in json.load(sys.stdin)], sys.stdout)
