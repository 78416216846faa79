-- The sites whose pages send by a key, such as https://shop.example: its secret stands in their source, so that it opens
-- nothing for anybody else. Null for keys of programs.
alter table api_keys add column origins text[];
