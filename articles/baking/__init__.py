"""The published site as static files.

    addresses  what there is to bake, and of what each page is made
    asking     what the site answers there
    tree       the folder: two trees of files, of which one is served
    kept       what lies there, as its manifest has it: answers -> files and rows
    originals  the pages of the original JSON, put together from what each article says there
    around     errors, pictures, static files, and what nginx includes
    run        bake(folder, origin): from the first to the last
    nginx      what nginx needs to know besides

A page is made again where what it is made of has changed: a digest of all rows that it can depend
on, over the columns of which readers see anything (`editions.columns_seen`). What is counted too
much costs a page made again, and is never a stale one.
"""
