from urllib.parse import urlsplit

import requests

from odoo.tests import HttpCase, new_test_user

from ..common import CloverCommon


class CloverConnectCommon(CloverCommon, HttpCase):
    """An app that is not connected yet, and an administrator who can press Connect."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.provider.write(
            {"clover_rest_api_token": False, "clover_api_key": False, "clover_merchant_id": False}
        )
        cls.admin = new_test_user(
            cls.env,
            login="clover_admin",
            groups="base.group_system",
            company_id=cls.env.company.id,
            company_ids=cls.env.company.ids,
        )

    def setUp(self):
        super().setUp()
        self.env["ir.config_parameter"].sudo().set_param("web.base.url", self.base_url())

    def _begin(self, *, legacy=False):
        """Press Connect and let Clover answer; return the address it sends the browser to.

        :param legacy: Clover answers as it does when an app has no Alternate Launch Path
        """
        action = self.provider.with_user(self.admin).action_clover_oauth_connect()
        self.env.flush_all()
        url = action["url"]
        if legacy:
            url = url.replace("/oauth/v2/authorize", "/oauth/authorize")
        answer = requests.get(url, allow_redirects=False, timeout=10)
        self.assertEqual(answer.status_code, 302)
        return answer.headers["Location"]

    def _come_back(self, location, login="clover_admin"):
        self.authenticate(login, login)
        parts = urlsplit(location)
        response = self.url_open(f"{parts.path}?{parts.query}", allow_redirects=False)
        self.env.invalidate_all()
        return response

    def _connect(self, **kwargs):
        response = self._come_back(self._begin(**kwargs))
        self.assertEqual(response.status_code, 303)
        return self.provider.clover_token_id

    def _refreshes(self):
        return len(self.simulator.requests("/oauth/v2/refresh"))
