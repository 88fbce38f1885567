"""Call an API Gateway endpoint whose authorization is AWS_IAM."""

import requests

from rsigv4.aws_auth import AWSRequestsAuth  # was: from aws_requests_auth.aws_auth import ...

URL = "https://API_ID.execute-api.eu-central-1.amazonaws.com/test"
REGION = "eu-central-1"
ACCESS_KEY = "AKIDEXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

auth = AWSRequestsAuth(
    aws_access_key=ACCESS_KEY,
    aws_secret_access_key=SECRET_KEY,
    aws_host=URL.split("/")[2],
    aws_region=REGION,
    aws_service="execute-api",
)
response = requests.get(URL, auth=auth, timeout=30)
print(response.status_code, response.text)
