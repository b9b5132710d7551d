"""Open months of a plan given its closed ones (docs/model.md, section 2b).

`cells` lists the booked figures that teach, `components` has the normal parts of the services and their covariance,
`gain` the linear update, `resampling` the weights of what is not normal, and `update` puts them to the draws.
"""
