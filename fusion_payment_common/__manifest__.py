{
    "name": "Fusion Payments: Common",
    "version": "19.0.1.0.0",
    "category": "Accounting/Payment Providers",
    "summary": "The ledger that moves money exactly once",
    "author": "Fusion Payments",
    "website": "https://github.com/fusion-payments/fusion-payments",
    "license": "LGPL-3",
    "depends": ["account_payment"],
    "external_dependencies": {"python": ["cryptography", "requests", "python-stdnum"]},
    "data": [
        "security/fusion_payment_groups.xml",
        "security/ir.model.access.csv",
        "security/fusion_payment_rules.xml",
        "data/ir_cron.xml",
        "views/fusion_operation_views.xml",
        "views/fusion_payment_menus.xml",
        "views/account_move_views.xml",
    ],
    "demo": [
        "demo/fusion_payment_company_demo.xml",
        "demo/fusion_payment_demo.xml",
    ],
}
