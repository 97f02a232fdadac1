{
    "name": "Fusion Payments: WEX",
    "version": "19.0.1.0.0",
    "category": "Accounting/Payment",
    "summary": "Pay vendor bills with WEX virtual cards",
    "author": "Fusion Payments",
    "website": "https://github.com/fusion-payments/fusion-payments",
    "license": "LGPL-3",
    "depends": ["fusion_payment_common"],
}
