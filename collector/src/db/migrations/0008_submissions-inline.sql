-- A submission of two kilobytes is not compressed: that costs as much as storing it. Longer ones are, as before.
ALTER TABLE "submissions" SET (toast_tuple_target = 8160);
