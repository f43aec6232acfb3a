"""Remote pictures fetched, safely: a row's link in, a file of ours out.

    guard      what may be asked: links and addresses; pure
    client     one GET within a deadline and a budget
    decoding   a picture's bytes, judged in a process of their own
    taking     which pictures, how it went, when again
    batches    some at a time, in the background

Off until the setting FETCH_IMAGES switches it on; nothing else in the newsroom asks the web for a
picture.
"""
