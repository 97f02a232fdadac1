"use strict";

/* Names and messages of the fields, in the languages the SDK knows. */
window.CloverTexts = (function () {
    const NAMES = {
        en: {
            CARD_NUMBER: "Card number",
            CARD_DATE: "Card date",
            CARD_CVV: "Card CVV",
            CARD_POSTAL_CODE: "Card postal code",
            CARD_NAME: "Cardholder name",
            CARD_STREET_ADDRESS: "Street address",
            CARD_PHONE_NUMBER: "Phone number",
            CARD_EMAIL_ADDRESS: "Email address",
        },
        "fr-CA": {
            CARD_NUMBER: "Numéro de carte",
            CARD_DATE: "Date d'expiration",
            CARD_CVV: "Code de vérification",
            CARD_POSTAL_CODE: "Code postal",
            CARD_NAME: "Nom du titulaire",
            CARD_STREET_ADDRESS: "Adresse",
            CARD_PHONE_NUMBER: "Numéro de téléphone",
            CARD_EMAIL_ADDRESS: "Adresse courriel",
        },
    };
    const MESSAGES = {
        en: {
            required: "is required.",
            invalid: "is invalid.",
            server: "Your card could not be verified. Please try again.",
        },
        "fr-CA": {
            required: ": champ obligatoire.",
            invalid: ": valeur non valide.",
            server: "Votre carte n'a pas pu être vérifiée. Veuillez réessayer.",
        },
    };

    function language() {
        return document.documentElement.lang === "fr-CA" ? "fr-CA" : "en";
    }
    return {
        name: (type) => NAMES[language()][type],
        problem: (type, kind) => `${NAMES[language()][type]} ${MESSAGES[language()][kind]}`,
        server: () => MESSAGES[language()].server,
    };
})();
