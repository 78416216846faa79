-- add_line_form
      insert into line_forms (holder, way_in, source, version, form)
      select $1, $2, $3, $4::integer + 1, $5::jsonb
      from line_forms
      where holder = $1 and way_in = $2 and source = $3
      having count(*) filter (where created_at > now() - interval '1 hour') < $6::integer
        and (select count(*) from line_forms where holder = $1) < $7::integer
      on conflict do nothing;

-- forget_line_form_marks
delete from line_form_marks where updated_at < now() - $1::integer * interval '1 day';

-- forget_line_forms
      delete from line_forms
      where created_at < now() - $1::integer * interval '1 day'
        and exists (
          select
          from line_forms newer
          where newer.holder = line_forms.holder and newer.way_in = line_forms.way_in
            and newer.source = line_forms.source and newer.version > line_forms.version
        )
        and not exists (
          select
          from line_form_marks
          where line_form_marks.holder = line_forms.holder and line_form_marks.way_in = line_forms.way_in
            and line_form_marks.source = line_forms.source and line_form_marks.version = line_forms.version
        );

-- forget_oldest_line_forms
      delete from line_forms
      using (
        select holder, way_in, source, version,
          row_number() over (partition by holder order by created_at desc) as position
        from line_forms
        where holder in (select holder from line_forms group by holder having count(*) > $1::integer)
      ) ranked
      where ranked.position > $1::integer
        and line_forms.holder = ranked.holder and line_forms.way_in = ranked.way_in
        and line_forms.source = ranked.source and line_forms.version = ranked.version
        and not exists (
          select
          from line_form_marks
          where line_form_marks.holder = line_forms.holder and line_form_marks.way_in = line_forms.way_in
            and line_form_marks.source = line_forms.source and line_form_marks.version = line_forms.version
        );

-- marked_line_form
      with fixed as (
        insert into line_form_marks (sender, holder, way_in, source, last_batch, version)
        select $1, $2, $3, $4, $5::bigint, coalesce(max(version), 0)
        from line_forms
        where holder = $2 and way_in = $3 and source = $4
        on conflict (sender, holder, way_in, source) do update
        set last_batch = excluded.last_batch, version = excluded.version, updated_at = now()
        where line_form_marks.last_batch < excluded.last_batch
        returning version
      ), marked as (
        select version from fixed
        union all
        select version
        from line_form_marks
        where sender = $1 and holder = $2 and way_in = $3 and source = $4 and not exists (select from fixed)
      )
      select marked.version, line_forms.form
      from marked
      left join line_forms on line_forms.holder = $2 and line_forms.way_in = $3
        and line_forms.source = $4 and line_forms.version = marked.version;

-- newest_line_form
      select version, form
      from line_forms
      where holder = $1 and way_in = $2 and source = $3
      order by version desc
      limit 1;
