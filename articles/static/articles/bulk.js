/* Goes on with a deed on many articles, so that nobody has to press the button each time. */
"use strict";

document.querySelector("form[data-goes-on]")?.requestSubmit();
