{
    "name": "Fusion Payments: Clover",
    "version": "19.0.1.0.0",
    "category": "Accounting/Payment Providers",
    "summary": "Collect card payments through Clover: from the invoice, exactly once",
    "author": "Fusion Payments",
    "website": "https://github.com/fusion-payments/fusion-payments",
    "license": "LGPL-3",
    "depends": ["fusion_payment_common"],
    "external_dependencies": {"python": ["requests"]},
    "data": [
        "security/ir.model.access.csv",
        "security/fusion_clover_rules.xml",
        "views/payment_provider_views.xml",
        "views/payment_transaction_views.xml",
        "views/clover_payment_wizard_views.xml",
        "views/account_move_views.xml",
        "data/payment_provider_data.xml",
    ],
    "assets": {
        "web.assets_backend": [
            "fusion_clover/static/src/hosted_fields/**/*",
            "fusion_clover/static/src/collect/**/*",
        ],
        "web.assets_unit_tests": [
            "fusion_clover/static/tests/**/*.test.js",
        ],
    },
    "post_init_hook": "post_init_hook",
    "uninstall_hook": "uninstall_hook",
}
