{
    "name": "Fusion Payments: Example",
    "version": "19.0.2.0.0",
    "category": "Accounting/Payment Providers",
    "summary": "What docs/add-a-provider.md is about: the least that a provider needs",
    "author": "Fusion Payments",
    "website": "https://github.com/fusion-payments/fusion-payments",
    "license": "LGPL-3",
    "depends": ["fusion_payment_common"],
    "data": [
        "views/payment_provider_views.xml",
        "data/payment_provider_data.xml",
    ],
    "post_init_hook": "post_init_hook",
    "uninstall_hook": "uninstall_hook",
}
