from . import (
    test_account,
    test_approval,
    test_books,
    test_intake,
    test_issue,
    test_life,
    test_pay_bills,
    test_push,
    test_reveal,
    test_proxy,
    test_proxy_ack,
)
